"""The units of the answering authority that consultations can be handed over to."""
