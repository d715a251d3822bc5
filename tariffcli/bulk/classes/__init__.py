"""Arrays and law: lines that are equal in law are one class, and a class is asked once."""
