"""Catalogues from elsewhere: foreign formats become candidates, candidates become commands."""
