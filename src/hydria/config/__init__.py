"""How one deployment is set up: environment, Django settings, URLs, the WSGI door and the message catalogues."""
