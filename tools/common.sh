# Shared by tools/gradcheck and tools/test: installing what is missing, and building.
# Sourced, with $root set. Whatever fails unexpectedly ends the script with status 3 (internal error).
# shellcheck shell=bash
: "${root:?}"
trap 'exit 3' ERR
set -E

# What ccache has compiled serves other clones of the same sources as well.
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1

say() { printf 'gradcheck: %s\n' "$*" >&2; }
die() { say "$@"; exit 3; }

# Runs a command without a word; if it fails, shows all it said, and ends. Arguments: log, command.
quietly() {
  local log=$1
  shift
  "$@" >"$log" 2>&1 </dev/null && return
  cat "$log" >&2
  die "failed: $*"
}

# The names in tools/packages of the given groups, one a line.
packages() {
  local name group rest
  while read -r name group rest; do
    [[ $name == [a-z]* && " $* " == *" $group "* ]] && echo "$name"
  done <"$root/tools/packages" || true
}

# The same, of those that are not installed.
missing_packages() {
  local name
  for name in $(packages "$@"); do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) == installed ]] || echo "$name"
  done
}

as_root() {
  if ((EUID == 0)); then
    env DEBIAN_FRONTEND=noninteractive "$@"
  else
    sudo env DEBIAN_FRONTEND=noninteractive "$@"
  fi
}

# Installs what is missing of the given groups. GRADCHECK_INSTALL=no leaves that to you.
install_packages() {
  [[ ${GRADCHECK_INSTALL:-yes} != no ]] || return 0
  command -v apt-get >/dev/null ||
    die "needs apt-get (Debian 12 or newer, Ubuntu 24.04 or newer). Elsewhere, install what" \
      "tools/packages lists by other means and set GRADCHECK_INSTALL=no"
  local missing
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  ((EUID == 0)) || command -v sudo >/dev/null ||
    die "as root, please: apt-get install ${missing[*]}"
  say "installing Debian packages: ${missing[*]}"
  apt_install "${missing[@]}"
}

apt_install() {
  local log
  log=$(mktemp)
  as_root apt-get update >"$log" 2>&1 </dev/null || say "apt-get update failed; trying with what is known"
  as_root apt-get install -y --no-install-recommends "$@" >>"$log" 2>&1 </dev/null || {
    cat "$log" >&2
    rm -f "$log"
    die "could not install: $*"
  }
  rm -f "$log"
}

# What a build depends on beside its sources: its place, the system, the processor.
build_key() {
  local line flags=""
  while read -r line; do
    [[ $line != flags* && $line != Features* ]] || { flags=$line; break; }
  done </proc/cpuinfo
  key="$root|$(</etc/os-release)|$flags"
}

# The build folder was made here: not copied, or cached, from another place or machine.
made_here() {
  local key
  build_key
  [[ -e $1/key && $(<"$1/key") == "$key" ]]
}

# configure PRESET [OPTION...]: anew where the build was made elsewhere.
configure() {
  local build=$root/build/$1 key
  if [[ -e $build/key ]] && ! made_here "$build"; then rm -rf "$build"; fi
  mkdir -p "$build"
  (cd "$root" && quietly "$build/configure.log" cmake --preset "$@") || exit 3
  build_key
  printf '%s' "$key" >"$build/key"
}

# One build at a time in this folder: "locked COMMAND..." waits for the others.
locked() {
  mkdir -p "$root/build"
  (
    flock -n 9 || { say "waiting for another build"; flock 9; }
    "$@"
  ) 9>"$root/build/lock"
}
