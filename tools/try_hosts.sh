#!/usr/bin/env bash
# Try the README's two commands on a bare Debian: tools/try_hosts.sh bookworm|trixie|sid [FOLDER]
#
# Makes a chroot with debootstrap (kept in FOLDER, default build/hosts, and used again next time),
# clones the committed state of this checkout into it, runs 'make demo' and 'make test' there, and
# prints versions and times. Needs root, debootstrap, and a network or mirrors; what apt and pip are
# told on this machine (sources, certificates, PIP_* and proxies) counts in the chroot as well.
set -euo pipefail

suite=${1:?usage: tools/try_hosts.sh bookworm|trixie|sid [FOLDER]}
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
folder=${2:-$root/build/hosts}
host=$folder/$suite
mirror=${MIRROR:-http://deb.debian.org/debian}

if [ "$(id -u)" -ne 0 ]; then
    echo "A chroot needs root: run it as root, or with sudo." >&2
    exit 1
fi
if ! command -v debootstrap >/dev/null; then
    echo "debootstrap is missing: apt-get install debootstrap" >&2
    exit 1
fi

mkdir -p "$folder"
if ! [ -x "$host/usr/bin/git" ]; then
    rm -rf "$host"
    debootstrap --variant=minbase --include=ca-certificates,git,make,python3 "$suite" "$host" "$mirror"
fi

# What this machine says of registries and certificates.
cp -L /etc/resolv.conf "$host/etc/resolv.conf" 2>/dev/null || true
cp -rL /etc/ssl/certs/. "$host/etc/ssl/certs/" 2>/dev/null || true
for file in /etc/pip.conf /etc/apt/apt.conf.d/*; do
    [ -f "$file" ] && grep -qiE "index|proxy|cert|verify" "$file" && cp "$file" "$host$file"
done
# A mirror may be a snapshot that is older than its own signature says it should be.
echo 'Acquire::Check-Valid-Until "false";' >"$host/etc/apt/apt.conf.d/99snapshot"
settings=$(env | grep -E '^(PIP_[A-Z_]+|SSL_CERT_[A-Z]+|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|[a-zA-Z]+_(proxy|PROXY)|TORCH_INDEX)=' || true)

mounted=()
unmount() {
    for place in "${mounted[@]}"; do umount -l "$place" 2>/dev/null || true; done
}
trap unmount EXIT
for place in proc dev; do
    mount --rbind "/$place" "$host/$place"
    mount --make-rslave "$host/$place"
    mounted+=("$host/$place")
done

rm -rf "$host/root/landslip"
git clone -q "$root" "$host/root/landslip"

run() {
    env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 ${settings:+$settings} \
        chroot "$host" /bin/bash -c "cd /root/landslip && $1"
}

for target in demo test; do
    began=$SECONDS
    if run "make $target" >"$folder/$suite-$target.log" 2>&1; then said=passed; else said=FAILED; fi
    echo "$suite: make $target $said in $((SECONDS - began)) s ($folder/$suite-$target.log)"
    grep -E "^[0-9]+ (passed|failed)|^(FAILED|ERROR) " "$folder/$suite-$target.log" | tail -20 || true
done
run "cat /etc/debian_version; .venv/bin/python - <<'PYTHON'
import platform
from importlib.metadata import version
from qgis.core import Qgis
from qgis.PyQt.QtCore import QT_VERSION_STR
print('QGIS', Qgis.QGIS_VERSION, ' Qt', QT_VERSION_STR, ' Python', platform.python_version())
print(*(f'{name} {version(name)}' for name in ('numpy', 'pyproj', 'rasterio', 'onnxruntime')), sep='  ')
PYTHON"
