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

case ${GRADCHECK_INSTALL:-ask} in
  ask | yes | no) ;;
  *) say "GRADCHECK_INSTALL: has <$GRADCHECK_INSTALL>, expected ask, yes or no"; exit 2 ;;
esac

# On a terminal, the last line of a build's log says how far it is: "[12/180] ...".
show_steps() {
  local line
  while sleep 0.5; do
    line=$(tail -n 1 -- "$1" 2>/dev/null) || continue
    [[ $line =~ ^\[([0-9]+)/([0-9]+)\] ]] || continue
    printf '\rgradcheck: %d of %d steps\e[K' "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" >&2
  done
}

# Runs a command without a word, but for how far it is; if it fails, shows all it said, and ends.
# Arguments: log, command.
quietly() {
  local log=$1 shower="" status=0
  shift
  if [[ -t 2 ]]; then show_steps "$log" & shower=$!; fi
  "$@" >"$log" 2>&1 </dev/null || status=$?
  if [[ $shower ]]; then
    kill "$shower"
    wait "$shower" 2>/dev/null || true
    printf '\r\e[K' >&2
  fi
  ((status == 0)) && return
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

# Whether somebody can be asked, and should be: their password is wanted, and it is no service.
can_ask() { ((EUID != 0)) && [[ -z ${CI:-} && -t 0 && -t 2 ]]; }

# Asks before sudo, if GRADCHECK_INSTALL says nothing else; ends if the answer is no.
may_install() {
  local answer
  [[ ${GRADCHECK_INSTALL:-ask} == ask ]] && can_ask || return 0
  printf 'gradcheck: needs these Debian packages: %s\nInstall them with sudo apt-get? [Y/n] ' "$*" >&2
  read -r answer || answer=n
  [[ ${answer:-y} == [yY]* ]] ||
    die "nothing was installed; with GRADCHECK_INSTALL=no it builds with what there is"
}

# Installs what is missing of the given groups. GRADCHECK_INSTALL=no leaves that to you, =yes does not
# ask.
install_packages() {
  [[ ${GRADCHECK_INSTALL:-ask} != no ]] || return 0
  command -v apt-get >/dev/null ||
    die "needs apt-get (Debian 12 or newer, Ubuntu 24.04 or newer). Elsewhere, install what" \
      "tools/packages lists by other means and set GRADCHECK_INSTALL=no"
  local missing
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  ((EUID == 0)) || command -v sudo >/dev/null ||
    die "as root, please: apt-get install ${missing[*]}"
  may_install "${missing[@]}"
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

# What is built: size, times, number and name of each file. A file that was put in the place of another
# shows in it, however old.
sources() {
  find "$root"/{lib,tools,checks,CMakeLists.txt,CMakePresets.json} -name __pycache__ -prune -o \
    -type f -printf '%s %T@ %C@ %i %p\n'
}

# A build goes by times of modification: a source that is not the one of the last build, recorded in the
# given file, but has an older time gets the present one.
renew_times() {
  local source
  [[ -s $1 ]] || return 0
  while read -r source; do
    [[ $source -nt $1 ]] || touch -c -- "$source"
  done < <(sources | grep -vxFf "$1" | cut -d ' ' -f 5-)
}

# recorded FILE COMMAND...: runs the command and, if that succeeds, records in the file from which sources.
recorded() {
  sources >"$1.new"
  "${@:2}" && mv "$1.new" "$1"
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

# Whether there is a clang 14 that can build fuzz targets.
has_fuzzer() {
  command -v clang++-14 >/dev/null && compgen -G "/usr/lib/llvm-14/lib/clang/14*/lib/linux/libclang_rt.fuzzer-*.a" >/dev/null
}

# One build at a time in this folder: "locked COMMAND..." waits for the others.
locked() {
  mkdir -p "$root/build" 2>/dev/null || true
  [[ -w $root/build ]] ||
    die "$root/build: cannot be written, and something is to be built there." \
      "Copy the sources to where you may write, or build them elsewhere: cmake -S $root -B FOLDER"
  (
    flock -n 9 || { say "waiting for another build"; flock 9; }
    "$@"
  ) 9>"$root/build/lock"
}
