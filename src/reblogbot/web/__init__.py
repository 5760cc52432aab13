"""Reading the public web: a bounded, address-checked GET."""
