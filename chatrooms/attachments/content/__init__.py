"""What an uploaded file is, and a clean copy of it. It runs in a process of its own, without Django.

`chatrooms.attachments.inspection` starts the process: a file that makes a parser loop or fill the memory ends that
process, and no other request.
"""
