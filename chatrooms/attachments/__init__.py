"""Files that users attach to their messages: from the upload to the deletion of the last byte."""
