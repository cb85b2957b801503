"""What it costs with two million consultations: a simulated year multiplied, and the product measured on it.

`filling` makes the database, `measuring` sends through the gateway, `claiming` takes from the queue by SQL alone and
`delivering` from that of webhooks. What is in it, and what is not, is told in docs/at-size.md.
"""
