"""Go's text/template with the functions of Helm: what a chart in the input makes, without helm."""
