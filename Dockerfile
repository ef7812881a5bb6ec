# A static binary in an empty image.
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
