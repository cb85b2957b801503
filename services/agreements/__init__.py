"""The register: organisations, legal bases, agreements, and who may ask whom for what today."""
