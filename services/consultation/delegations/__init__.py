"""Whether who acts for another still may: asked of the agreements service."""
