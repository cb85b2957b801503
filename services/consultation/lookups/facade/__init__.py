"""The look-up behind the SOAP contract of SSBTEK, for case systems that already speak it."""
