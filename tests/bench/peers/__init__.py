"""What the product is compared with: each is what somebody would write first, without tricks and without faults."""
