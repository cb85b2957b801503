"""The headers of a SOAP 1.1 request over HTTP; the contract's SOAPAction is empty."""

HEADERS = {"content-type": "text/xml; charset=utf-8", "accept": "text/xml", "soapaction": '""'}
