#!/bin/sh
# Puts a router and a service with one server into Consul: put.sh [URL of the server]
set -eu

consul="http://${CONSUL_HTTP_ADDR:-127.0.0.1:8500}"
server="${1:-http://127.0.0.1:9000}"

put() {
  curl --silent --show-error --fail --output /dev/null --request PUT --data "$2" "$consul/v1/kv/traefik/http/$1"
}

put services/shop/loadBalancer/servers/0/url "$server"
put routers/shop/rule 'Host(`shop.localhost`)'
put routers/shop/service shop
