"""Groups: what each is for, how it is reached, and who belongs to it since when."""
