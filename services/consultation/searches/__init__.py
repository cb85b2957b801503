"""Finding consultations by number, case, person or handler, within what the searcher may see."""
