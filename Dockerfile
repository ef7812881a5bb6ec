# A static binary in an empty image, for the architecture of whoever builds it:
#   docker build -t ako-gate:dev .
# or for both, where the builder has machines of both or emulates one:
#   docker buildx build --platform linux/amd64 -t ako-gate:dev-amd64 .
#   docker buildx build --platform linux/arm64 -t ako-gate:dev-arm64 .
FROM rust:1.95-bookworm AS build
RUN apt-get update && apt-get install --yes --no-install-recommends cmake && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
ENV RUSTFLAGS="-C target-feature=+crt-static"
RUN cargo build --release --locked --target "$(rustc -vV | sed -n 's/^host: //p')" \
    && cp target/*/release/ako-gate /ako-gate

FROM scratch
COPY --from=build /ako-gate /ako-gate
USER 65532:65532
ENTRYPOINT ["/ako-gate"]
