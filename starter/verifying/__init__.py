"""Checking a book of receipts with nothing but the book and a node: no stack, no keys, no trust."""
