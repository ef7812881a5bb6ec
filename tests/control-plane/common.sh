# shellcheck shell=bash
# Sourced by the other scripts.

# Prefix of a server's command line: if the script is killed outright, the kernel ends the server too, where the tool
# for that exists.
# shellcheck disable=SC2034
guard=()
# shellcheck disable=SC2034
if setpriv --pdeathsig KILL true 2>/dev/null; then guard=(setpriv --pdeathsig KILL); fi

# Ports below the ephemeral range, so that no outgoing connection holds them.
free_port() {
    local port
    while true; do
        port=$((20000 + RANDOM % 10000))
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            echo "$port"
            return
        fi
    done
}

# within SECONDS WHAT COMMAND... repeats the command until it succeeds; the caller's fail says what was not in time.
within() {
    local deadline=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        [[ $SECONDS -lt $deadline ]] || fail "not in time: $what"
        sleep 0.2
    done
}
