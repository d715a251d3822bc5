"""Averages of duties over weights."""
