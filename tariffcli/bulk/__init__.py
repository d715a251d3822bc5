"""Many lines at once: classes of equal lines, frames and files, on one machine or several. Needs numpy and pyarrow."""
