"""The files of a consultation: what is known of them, and how a message carries them to the other side.

How a file comes in, is kept, scanned and fetched is in `services.consultation.attachments`.
"""
