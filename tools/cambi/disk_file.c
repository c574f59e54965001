/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A block device over a file or a device of the host, locked while it is open.
 *
 * QEMU says by locks what it does with an image: a shared one on byte 100 + n, "I use
 * it in way n", on byte 200 + n, "others may not". Ways are 0 reading, 1 writing, 3
 * resizing. Who reads here locks as a reader of QEMU's does; who writes locks the whole
 * file for itself, which excludes QEMU and every other `cambi disk` alike.
 */
#define _GNU_SOURCE
#include "disk.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define USES 100
#define EXCLUDES 200

enum way { WAY_READ = 0, WAY_WRITE = 1, WAY_RESIZE = 3 };

static struct disk_file *file_of(struct block_device *device)
{
	return (struct disk_file *)device;
}

static status_t failed(struct disk_file *file, int error)
{
	file->error = error;
	return STATUS_IO_ERROR;
}

/* ---- transfers ---- */
static bool inside(const struct block_device *device, uint64_t block, uint32_t count)
{
	return block <= device->blocks && count <= device->blocks - block;
}

static status_t file_block_read(struct block_device *device, uint64_t block, uint32_t count, void *out_bytes)
{
	struct disk_file *const file = file_of(device);
	const size_t size = (size_t)count * BLOCK_SIZE;

	if (!inside(device, block, count))
		return STATUS_INVALID;
	for (size_t done = 0; done < size;) {
		const ssize_t got = pread(file->file, (uint8_t *)out_bytes + done, size - done,
		                          (off_t)(block * BLOCK_SIZE + done));
		if (got < 0 && errno != EINTR)
			return failed(file, errno);
		if (got == 0)
			return failed(file, EIO); /* somebody cut it short */
		done += got > 0 ? (size_t)got : 0;
	}
	return STATUS_OK;
}

static status_t file_block_write(struct block_device *device, uint64_t block, uint32_t count,
                                 const void *bytes)
{
	struct disk_file *const file = file_of(device);
	const size_t size = (size_t)count * BLOCK_SIZE;

	if (!inside(device, block, count))
		return STATUS_INVALID;
	if (device->read_only != 0)
		return STATUS_DENIED;
	for (size_t done = 0; done < size;) {
		const ssize_t put = pwrite(file->file, (const uint8_t *)bytes + done, size - done,
		                           (off_t)(block * BLOCK_SIZE + done));
		if (put < 0 && errno != EINTR)
			return failed(file, errno);
		done += put > 0 ? (size_t)put : 0;
	}
	return STATUS_OK;
}

static status_t file_block_flush(struct block_device *device)
{
	struct disk_file *const file = file_of(device);

	return device->read_only != 0 || fdatasync(file->file) == 0 ? STATUS_OK : failed(file, errno);
}

static const struct block_operations OPERATIONS = {file_block_read, file_block_write, file_block_flush, NULL};

/* ---- locks ---- */
static bool lock(int file, short kind, off_t first, off_t count)
{
	struct flock wanted = {.l_type = kind, .l_whence = SEEK_SET, .l_start = first, .l_len = count};

	return fcntl(file, F_OFD_SETLK, &wanted) == 0;
}

/* Does another one hold a lock on that byte? */
static bool is_locked(int file, off_t byte)
{
	struct flock wanted = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};

	return fcntl(file, F_OFD_GETLK, &wanted) != 0 || wanted.l_type != F_UNLCK;
}

/* First ours, then a look at theirs, as they do: of two that come at once at least one sees the other. */
static bool lock_to_read(int file)
{
	return lock(file, F_RDLCK, USES + WAY_READ, 1) && lock(file, F_RDLCK, EXCLUDES + WAY_WRITE, 1) &&
	       lock(file, F_RDLCK, EXCLUDES + WAY_RESIZE, 1) && !is_locked(file, USES + WAY_WRITE) &&
	       !is_locked(file, USES + WAY_RESIZE) && !is_locked(file, EXCLUDES + WAY_READ);
}

static void lock_or_refuse(struct disk_file *file, const char *path, bool writable)
{
	errno = 0;
	if (writable ? lock(file->file, F_WRLCK, 0, 0) : lock_to_read(file->file))
		return;
	const int reason = errno;
	disk_file_close(file);
	if (reason != 0 && reason != EAGAIN && reason != EACCES)
		refuse("%s: cannot be locked, and is not used without: %s", path, strerror(reason));
	refuse("%s: in use by a virtual machine or another cambi", path);
}

/* ---- opening ---- */
static int open_file(const char *path, bool writable, bool make)
{
	const int flags = (writable ? O_RDWR : O_RDONLY) | (make ? O_CREAT | O_EXCL : 0) | O_CLOEXEC;
	const int file = open(path, flags, 0600);

	if (file < 0 && errno == ENOENT)
		refuse("%s: there is no such file (`cambi disk %s format --size SIZE` makes one)", path, path);
	if (file < 0)
		refuse("%s: %s", path, strerror(errno));
	return file;
}

void disk_file_open(struct disk_file *out_file, const char *path, bool writable, uint64_t size)
{
	struct stat status;

	*out_file = (struct disk_file){.device = {&OPERATIONS, 0, !writable, 0}};
	out_file->file = open_file(path, writable, size != 0);
	if (fstat(out_file->file, &status) != 0 || !(S_ISREG(status.st_mode) || S_ISBLK(status.st_mode))) {
		disk_file_close(out_file);
		refuse("%s: neither a file nor a disk", path);
	}
	lock_or_refuse(out_file, path, writable);
	if (size != 0 && ftruncate(out_file->file, (off_t)size) != 0) {
		disk_file_close(out_file);
		unlink(path);
		refuse("%s: cannot be %llu bytes long", path, (unsigned long long)size);
	}
	const off_t end = lseek(out_file->file, 0, SEEK_END);
	out_file->device.blocks = end < 0 ? 0 : (uint64_t)end / BLOCK_SIZE;
}

void disk_file_close(struct disk_file *file)
{
	close(file->file);
	file->file = -1;
}
