"""The bundled small web: about sixty invented makers, rendered by real server software and recorded once."""
