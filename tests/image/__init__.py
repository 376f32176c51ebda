"""Builds the image of the unchanged Dockerfile, and runs every process from it: `make image-test`.

Neither a Docker engine nor an image registry is needed. buildah builds; the base image of the Dockerfile is made from
Debian's packages, under the same name; runc starts the processes with the options of compose.yaml.
"""
