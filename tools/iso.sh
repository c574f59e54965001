#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
#
# iso.sh OUTPUT KERNEL BUNDLE: an image that boots by GRUB from CD or USB stick,
# on BIOS and UEFI machines.
#
# Only the GRUB modules this needs are packed: a quarter of the usual size. The
# words after "CambiOS" in GRUB's own menu can be edited there, so that a command
# line can be tried without a new image. The image is not signed: Secure Boot
# must be off.
set -eu
output=$1 kernel=$2 bundle=$3
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
folder=$scratch/content log=$scratch/log
mkdir -p "$folder/boot/grub"
cp "$kernel" "$folder/boot/kernel.elf"
cp "$bundle" "$folder/boot/bundle.img"
cat >"$folder/boot/grub/grub.cfg" <<'EOF'
serial --unit=0 --speed=115200
terminal_input console serial
terminal_output console serial
insmod all_video
set gfxmode=1024x768x32,auto
set gfxpayload=keep
set timeout=0
menuentry "CambiOS" {
	multiboot2 /boot/kernel.elf
	module2 /boot/bundle.img bundle
	boot
}
EOF
if ! grub-mkrescue -o "$output" --compress=xz --fonts= --locales= --themes= --install-modules="multiboot2 normal \
	part_acorn part_amiga part_apple part_bsd part_dfly part_dvh part_gpt part_msdos part_plan part_sun part_sunpc \
	fat iso9660 serial terminal gfxterm all_video acpi search search_fs_file test echo configfile minicmd" \
	"$folder" >"$log" 2>&1; then
	cat "$log" >&2
	exit 1
fi
