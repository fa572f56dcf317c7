#!/usr/bin/env bash
# Follows a room with nothing but curl: a chat a line, each once, from now on until you stop it.
#
#     PARLEY=http://127.0.0.1:8080 NAME=ada PASSWORD='correct horse battery' ./follow.sh general
set -euo pipefail
api=${PARLEY:-http://127.0.0.1:8080}/graphql
room=${1//\"/\\\"}

ask() { curl -s "$api" -H 'content-type: application/json' -H "authorization: Bearer ${access:-}" -d "{\"query\":\"${1//\"/\\\"}\"}"; }

# take keeps the tokens of an answer, {"data":{"login":{"accessToken":"…","refreshToken":"…"}}}, and makes the key
# under which the refresh token will be exchanged: however often that is tried, it is one attempt.
take() {
  IFS='"' read -ra part <<<"$1"
  [[ ${part[5]:-} == accessToken ]] || return 1
  access=${part[7]} refresh=${part[11]} key=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
}

renew() {
  local answer
  until answer=$(ask "mutation { refreshToken(token: \"$refresh\", idempotencyKey: \"$key\") { accessToken refreshToken } }") && take "$answer"; do
    [[ $answer != *SESSION_REVOKED* && $answer != *UNAUTHENTICATED* ]] || { echo "signed out" >&2 && exit 1; }
    sleep "${PAUSE:-1}"
  done
}

# region resume
events() {
  curl -sN "$api" -H "authorization: Bearer $access" -H "last-event-id: $last" \
    -H 'accept: text/event-stream' -H 'content-type: application/json' -w '\nstatus: %{http_code}\n' \
    -d "{\"query\":\"subscription { chatSent(room: \\\"$room\\\") { number username text } }\"}"
}

follow() {
  while id='' data=''; do
    while IFS= read -r line; do
      case $line in
        'id: '*) id=${line#id: } ;;
        'data: '*) data=${line#data: } ;;
        'status: 401') renew ;;
        '') # the event is whole
          [[ -z $id && $data == *'"errors"'* ]] && echo "$data" >&2 && exit 1
          [[ -n $id && -n $data ]] && echo "$data" && last=$id
          id='' data=''
          ;;
      esac
    done < <(events)
    sleep "${PAUSE:-1}"
  done
}
# endregion

until take "$(ask "mutation { login(username: \"$NAME\", password: \"$PASSWORD\") { accessToken refreshToken } }")"; do sleep "${PAUSE:-1}"; done
# Where the room is now. Without it, a connection that breaks before its first chat would not know where to go on.
until last=$(ask "{ chats(room: \"$room\", last: 1) { syncCursor } }" | cut -d'"' -f8) && [[ ${#last} == 44 ]]; do
  sleep "${PAUSE:-1}"
  renew # the token may have run out
done
follow
