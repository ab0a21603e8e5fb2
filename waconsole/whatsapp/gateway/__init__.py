"""A gateway of our own (WAHA): groups that the Cloud API does not reach, over a linked phone."""
