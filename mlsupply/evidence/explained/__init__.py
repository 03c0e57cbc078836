"""Facts and gaps about one file that another file of the package explains, and that are therefore taken back.

`handed`      a file is handed to a script of the package, which runs nothing
`mapping`     executable memory only asks the processor what it can do
`plain_data`  an evaluated data file holds nothing but a literal
`twice`       members of the same name have the same content
`unparsable`  a file that cannot be parsed is a template, test data or Python 2
"""
