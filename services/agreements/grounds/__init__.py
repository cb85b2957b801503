"""Who may ask whom for what, on which ground, on a day: legal bases, and the decision that rests on them."""
