"""Builds the image of the Dockerfile, as it stands, and runs every process from it: `make image-test`.

Neither a Docker engine nor an image registry is needed. buildah builds; what the Dockerfile calls its base is made of
Debian's packages, under the same name; runc starts the processes as compose.yaml has them started.
"""
