"""Four eyes: which answers a second handler has to see before they are told, and how she approves or sends back."""
