# docker build -t signalbox .
# Without a registry: npm ci && npm run build && node_modules/.bin/node scripts/image.mjs --import signalbox
FROM node:24-bookworm AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build && node_modules/.bin/node scripts/image.mjs /image

FROM scratch
COPY --from=build /image/ /
# CAs that are mounted into /etc/ssl/certs count beside those that Node brings.
ENV NODE_USE_SYSTEM_CA=1
ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
WORKDIR /
USER 65532:65532
EXPOSE 80
ENTRYPOINT ["/usr/local/bin/signalbox"]
HEALTHCHECK --interval=10s --timeout=10s --start-period=30s CMD ["/usr/local/bin/signalbox", "healthcheck"]
LABEL org.opencontainers.image.title="Signalbox" org.opencontainers.image.licenses="Apache-2.0"
