"""Pictures as inline SVG, one file each: plain data in, the text of an element out.

On the report's page they take the colours of its style sheet; `paper.standalone` makes a file of one.
"""
