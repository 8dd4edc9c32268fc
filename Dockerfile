# A Nexus in a container, from the package on npm:
#   docker build -t nexus .
#   docker run -p 8080:8080 -v nexus-data:/data nexus
# The first start shows the password of the user admin. Options stand behind the image: docker run ... nexus --config /data/nexus.yaml --host 0.0.0.0
FROM node:24-slim

ARG VERSION=0.1.0
RUN npm install --global --omit=dev "@izaber/wamp@${VERSION}" && mkdir /data && chown node:node /data

USER node
WORKDIR /data
VOLUME /data
EXPOSE 8080

# 426 is what a router answers to a request that asks for no WebSocket.
HEALTHCHECK --interval=30s --timeout=5s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/').then(({ status }) => process.exit(status === 426 ? 0 : 1), () => process.exit(1))"]

ENTRYPOINT ["nexus", "serve"]
CMD ["--data", "/data", "--host", "0.0.0.0"]
