"""What the sources said, kept sealed for a short while when something failed, so that the rest can be asked again."""
