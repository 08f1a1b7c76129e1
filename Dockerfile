# A static binary and the system's certificates, nothing else. No secret is part of the image.
#
#   docker build -t seedtest .
#   docker run --rm seedtest demo
#   docker run --rm -v ./config:/etc/seedtest:ro -v seedtest:/var/lib/seedtest \
#     -e OLD_RELAY_PASSWORD seedtest run
#
# Files of secrets under /etc/seedtest must belong to user 65532, with mode 0600.

FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=
RUN make build VERSION="$VERSION" && install -d -m 700 /state

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /src/seedtest /usr/local/bin/seedtest
COPY --from=build --chown=65532:65532 /state /var/lib/seedtest
USER 65532:65532
ENV XDG_STATE_HOME=/var/lib
WORKDIR /etc/seedtest
VOLUME /var/lib/seedtest
ENTRYPOINT ["/usr/local/bin/seedtest"]
CMD ["--help"]
