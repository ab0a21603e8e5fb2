"""Shop facts: orders and their lines, refunds, products, clicks, carts, costs."""
