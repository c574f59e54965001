/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The store beside SQLite and LMDB, in one run, on one file system, each with the
 * same promise: a commit is durable (fdatasync, or what the library does for it)
 * before the next begins.
 *
 *   store-bench FOLDER [OBJECTS [ROW [BYTES]]]
 *
 * `objects`: the object store, each object's record verified when it is put; signing
 * is its author's work and measured by itself. `unsigned`: the same, but signatures are
 * taken as they are. `volume`: the layer below, contents under their digests without
 * records. SQLite (WAL, synchronous=FULL) and LMDB (defaults) keep contents under their
 * digests too; `sqlite-signed` and `lmdb-signed` verify the same record as `objects`
 * before each put, and do not keep it. A digest is part of every put, and compared in
 * every get. What a put is given is made before the clock starts, for a commit's worth.
 *
 * FILL_FROM objects and more are there before anything is measured, put unsigned and
 * without flushes; then MEASURED_MAX are put.
 */
#include <abi/module.h>
#include <fcntl.h>
#include <lib/identity.h>
#include <lib/object.h>
#include <lmdb.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CONTENT_MAX (1u << 20)
#define DISK_BLOCKS (1u << 20) /* 4 GiB, what is not used is sparse */
#define ARENA_SIZE (512ull << 20)
#define PATH_SIZE 512u
#define FILL_FROM 100000u
#define FILL_BATCH 1024u
#define MEASURED_MAX 20000u
#define EACH_MAX 1000u /* with a commit each */
#define TOGETHER 64u   /* or one commit for so many */
#define WARM_ROUNDS 10u

struct file_disk {
	struct block_device device;
	int file;
};

/* What one put is given. */
struct given {
	uint8_t *content;
	size_t birth_size;
	uint8_t birth[OBJECT_RECORD_FIXED + SIGNATURE_SIZE];
};

/* One of those compared. Keys are digests of contents. */
struct candidate {
	const char *name, *file;
	void (*open)(void);
	void (*put)(const uint8_t *key, const struct given *given, size_t size);
	void (*commit)(void);
	size_t (*get)(const uint8_t *key, uint8_t *out_bytes);
	void (*close)(void);
	bool hashes;   /* its put makes the digest, and its get compares it */
	bool verifies; /* signatures of births */
};

static const char *folder;
static bool filling; /* nothing is flushed, and not measured */
static struct given together[TOGETHER];
static uint8_t contents[TOGETHER * CONTENT_MAX];
static uint8_t got[CONTENT_MAX];
static uint8_t *arena;

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "store-bench: %s\n", what);
	exit(1);
}

static const char *path_of(const char *name)
{
	static char path[PATH_SIZE];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

/* ---- a file as a block device ---- */
static status_t file_read(struct block_device *device, uint64_t block, uint32_t count, void *out_bytes)
{
	const struct file_disk *disk = (const struct file_disk *)device;
	const ssize_t size = (ssize_t)count * BLOCK_SIZE;

	return pread(disk->file, out_bytes, (size_t)size, (off_t)(block * BLOCK_SIZE)) == size ? STATUS_OK : STATUS_IO_ERROR;
}

static uint64_t blocks_used; /* of the disk, up to the last that was written */

static status_t file_write(struct block_device *device, uint64_t block, uint32_t count, const void *bytes)
{
	const struct file_disk *disk = (const struct file_disk *)device;
	const ssize_t size = (ssize_t)count * BLOCK_SIZE;

	if (blocks_used < block + count)
		blocks_used = block + count;
	return pwrite(disk->file, bytes, (size_t)size, (off_t)(block * BLOCK_SIZE)) == size ? STATUS_OK : STATUS_IO_ERROR;
}

static status_t file_flush(struct block_device *device)
{
	return filling || fdatasync(((struct file_disk *)device)->file) == 0 ? STATUS_OK : STATUS_IO_ERROR;
}

static const struct block_operations operations = { .read = file_read, .write = file_write, .flush = file_flush };
static struct file_disk disk;
static struct volume *volume;
static struct object_store store;

/* The blocks of a disk are there before they are written: so are those of its file, as many as are likely to be used. */
static void disk_make(uint64_t bytes)
{
	static const uint8_t zeros[1u << 20];
	const int file = open(path_of("volume"), O_RDWR | O_CREAT, 0600);

	for (uint64_t at = 0; at < bytes && at < (uint64_t)DISK_BLOCKS * BLOCK_SIZE; at += sizeof zeros)
		must(pwrite(file, zeros, sizeof zeros, (off_t)at) == (ssize_t)sizeof zeros, "the disk's blocks");
	must(fsync(file) == 0 && close(file) == 0, "the disk's blocks");
	blocks_used = 0;
}

static void volume_open(void)
{
	static const uint8_t IDENTITY[16] = { 'b' };
	const struct volume_options options = { .read_only = false };

	disk = (struct file_disk){ .device = { .operations = &operations, .blocks = DISK_BLOCKS },
		                   .file = open(path_of("volume"), O_RDWR | O_CREAT, 0600) };
	must(disk.file >= 0 && ftruncate(disk.file, (off_t)DISK_BLOCKS * BLOCK_SIZE) == 0, "the disk's file");
	must(!filling || volume_format(&disk.device, arena, ARENA_SIZE, IDENTITY) == STATUS_OK, "format");
	must(volume_mount(&disk.device, arena, ARENA_SIZE, &options, &volume) == STATUS_OK, "mount");
}

static void volume_end(void)
{
	must(volume_unmount(volume) == STATUS_OK && close(disk.file) == 0, "unmount");
}

/* A key for each part: the digest, and its number. */
static void volume_put_all(const uint8_t *key, const struct given *given, size_t size)
{
	uint8_t part[HASH_SIZE + 1];

	memcpy(part, key, HASH_SIZE);
	for (size_t at = 0; at < size; at += VOLUME_VALUE_MAX) {
		const size_t length = size - at < VOLUME_VALUE_MAX ? size - at : VOLUME_VALUE_MAX;
		part[HASH_SIZE] = (uint8_t)(at / VOLUME_VALUE_MAX);
		if (volume_room(volume) < length + 128)
			must(volume_commit(volume) == STATUS_OK, "volume_commit");
		must(volume_put(volume, part, sizeof part, given->content + at, length) == STATUS_OK, "volume_put");
	}
}

static void volume_done(void)
{
	must(volume_commit(volume) == STATUS_OK, "volume_commit");
}

static size_t volume_get_all(const uint8_t *key, uint8_t *out_bytes)
{
	uint8_t part[HASH_SIZE + 1];
	size_t at = 0, size;

	memcpy(part, key, HASH_SIZE);
	for (part[HASH_SIZE] = 0; at % VOLUME_VALUE_MAX == 0 && at < CONTENT_MAX; part[HASH_SIZE]++, at += size) {
		const status_t status = volume_get(volume, part, sizeof part, out_bytes + at, CONTENT_MAX - at, &size);
		if (status == STATUS_NOT_FOUND && at > 0)
			break;
		must(status == STATUS_OK, "volume_get");
	}
	return at;
}

/* ---- the object store ---- */
static const uint8_t seed[SIGNATURE_SEED_SIZE] = { 5 };
static uint8_t public_key[SIGNATURE_KEY_SIZE];
static struct aid author;

static void objects_open(void)
{
	volume_open();
	must(object_store_open(&store, volume) == STATUS_OK, "object_store_open");
	signature_public(seed, public_key);
	aid_of_key(public_key, &author);
}

static bool verifying, signing;

bool __real_signature_verify_digest(const uint8_t key[SIGNATURE_KEY_SIZE], const char *domain, const uint8_t digest[32],
                                    const uint8_t signature[SIGNATURE_SIZE]);
bool __wrap_signature_verify_digest(const uint8_t key[SIGNATURE_KEY_SIZE], const char *domain, const uint8_t digest[32],
                                    const uint8_t signature[SIGNATURE_SIZE]);

bool __wrap_signature_verify_digest(const uint8_t key[SIGNATURE_KEY_SIZE], const char *domain, const uint8_t digest[32],
                                    const uint8_t signature[SIGNATURE_SIZE])
{
	return !verifying || __real_signature_verify_digest(key, domain, digest, signature);
}

static void birth_make(const uint8_t *key, size_t size, struct given *out_given)
{
	struct object_record record = { .kind = OBJECT_BIRTH, .size = size, .owner = author, .id.author = author };
	uint8_t digest[HASH_SIZE], bytes[OBJECT_RECORD_MAX];

	memcpy(record.id.hash, key, HASH_SIZE);
	memcpy(record.key, public_key, sizeof public_key);
	const size_t signed_size = object_record_encode(&record, bytes, digest);
	memcpy(out_given->birth, bytes, signed_size);
	if (signing)
		signature_sign_digest(seed, public_key, SIGN_DOMAIN_OBJECT, digest, out_given->birth + signed_size);
	out_given->birth_size = signed_size + SIGNATURE_SIZE;
}

static void objects_put(const uint8_t *key, const struct given *given, size_t size)
{
	struct object_upload upload;

	(void)key;
	if (volume_room(volume) < OBJECT_PART_SIZE + 4096)
		must(object_store_commit(&store) == STATUS_OK, "object_store_commit");
	if (size <= OBJECT_PART_SIZE) {
		must(object_put(&store, given->content, size, given->birth, given->birth_size) == STATUS_OK, "object_put");
		return;
	}
	must(object_upload_begin(&store, &upload) == STATUS_OK, "object_upload_begin");
	for (size_t at = 0; at < size; at += OBJECT_PART_SIZE) {
		if (volume_room(volume) < 2 * OBJECT_PART_SIZE)
			must(object_store_commit(&store) == STATUS_OK, "object_store_commit");
		must(object_upload_part(&store, &upload, given->content + at, OBJECT_PART_SIZE) == STATUS_OK, "object_upload_part");
	}
	must(object_upload_finish(&store, &upload, given->birth, given->birth_size) == STATUS_OK, "object_upload_finish");
}

static void objects_done(void)
{
	must(object_store_commit(&store) == STATUS_OK, "object_store_commit");
}

static size_t objects_get(const uint8_t *key, uint8_t *out_bytes)
{
	struct object_id id = { .author = author };
	struct object object;
	struct object_reader reader;
	size_t at = 0, size;

	memcpy(id.hash, key, HASH_SIZE);
	must(object_find(&store, &id, &object) == STATUS_OK, "object_find");
	object_reader_begin(&reader, &object);
	for (uint64_t index = 0; at < object.birth.size; index++, at += size)
		must(object_read(&store, &reader, index, out_bytes + at, &size) == STATUS_OK, "object_read");
	return at;
}

/* ---- SQLite ---- */
static sqlite3 *database;
static sqlite3_stmt *insert, *lookup;
static bool in_transaction;

static void sqlite_do(const char *text)
{
	must(sqlite3_exec(database, text, NULL, NULL, NULL) == SQLITE_OK, text);
}

static void sqlite_open(void)
{
	must(sqlite3_open(path_of("sqlite"), &database) == SQLITE_OK, "sqlite3_open");
	sqlite_do("PRAGMA journal_mode=WAL");
	sqlite_do(filling ? "PRAGMA synchronous=OFF" : "PRAGMA synchronous=FULL");
	sqlite_do("CREATE TABLE IF NOT EXISTS contents(key BLOB PRIMARY KEY, value BLOB)");
	must(sqlite3_prepare_v2(database, "INSERT INTO contents VALUES(?,?)", -1, &insert, NULL) == SQLITE_OK, "prepare");
	must(sqlite3_prepare_v2(database, "SELECT value FROM contents WHERE key=?", -1, &lookup, NULL) == SQLITE_OK, "prepare");
}

static void sqlite_put(const uint8_t *key, const struct given *given, size_t size)
{
	if (!in_transaction)
		sqlite_do("BEGIN");
	in_transaction = true;
	sqlite3_bind_blob(insert, 1, key, HASH_SIZE, SQLITE_STATIC);
	sqlite3_bind_blob(insert, 2, given->content, (int)size, SQLITE_STATIC);
	must(sqlite3_step(insert) == SQLITE_DONE, "insert");
	sqlite3_reset(insert);
}

static void sqlite_commit(void)
{
	sqlite_do("COMMIT");
	in_transaction = false;
}

static size_t sqlite_get(const uint8_t *key, uint8_t *out_bytes)
{
	sqlite3_bind_blob(lookup, 1, key, HASH_SIZE, SQLITE_STATIC);
	must(sqlite3_step(lookup) == SQLITE_ROW, "select");
	const size_t size = (size_t)sqlite3_column_bytes(lookup, 0);
	memcpy(out_bytes, sqlite3_column_blob(lookup, 0), size);
	sqlite3_reset(lookup);
	return size;
}

static void sqlite_close(void)
{
	sqlite3_finalize(insert);
	sqlite3_finalize(lookup);
	must(sqlite3_close(database) == SQLITE_OK, "sqlite3_close");
}

/* ---- LMDB ---- */
static MDB_env *environment;
static MDB_dbi table;
static MDB_txn *change;

static void lmdb_open(void)
{
	MDB_txn *transaction;

	must(mdb_env_create(&environment) == 0 && mdb_env_set_mapsize(environment, 4ull << 30) == 0, "mdb_env_create");
	must(mdb_env_open(environment, path_of("lmdb"), MDB_NOSUBDIR | (filling ? MDB_NOSYNC : 0), 0600) == 0, "mdb_env_open");
	must(mdb_txn_begin(environment, NULL, 0, &transaction) == 0, "mdb_txn_begin");
	must(mdb_dbi_open(transaction, NULL, 0, &table) == 0 && mdb_txn_commit(transaction) == 0, "mdb_dbi_open");
}

static void lmdb_put(const uint8_t *key, const struct given *given, size_t size)
{
	MDB_val name = { HASH_SIZE, (void *)(uintptr_t)key }, value = { size, (void *)(uintptr_t)given->content };

	if (change == NULL)
		must(mdb_txn_begin(environment, NULL, 0, &change) == 0, "mdb_txn_begin");
	must(mdb_put(change, table, &name, &value, 0) == 0, "mdb_put");
}

static void lmdb_commit(void)
{
	must(mdb_txn_commit(change) == 0, "mdb_txn_commit");
	change = NULL;
}

static size_t lmdb_get(const uint8_t *key, uint8_t *out_bytes)
{
	MDB_val name = { HASH_SIZE, (void *)(uintptr_t)key }, value;
	MDB_txn *reading;

	must(mdb_txn_begin(environment, NULL, MDB_RDONLY, &reading) == 0, "mdb_txn_begin");
	must(mdb_get(reading, table, &name, &value) == 0, "mdb_get");
	memcpy(out_bytes, value.mv_data, value.mv_size);
	mdb_txn_abort(reading);
	return value.mv_size;
}

static void lmdb_close(void)
{
	mdb_env_close(environment);
}

static const struct candidate CANDIDATES[] = {
	{ "objects", "volume", objects_open, objects_put, objects_done, objects_get, volume_end, true, true },
	{ "unsigned", "volume", objects_open, objects_put, objects_done, objects_get, volume_end, true, false },
	{ "volume", "volume", volume_open, volume_put_all, volume_done, volume_get_all, volume_end, false, false },
	{ "sqlite", "sqlite", sqlite_open, sqlite_put, sqlite_commit, sqlite_get, sqlite_close, false, false },
	{ "sqlite-signed", "sqlite", sqlite_open, sqlite_put, sqlite_commit, sqlite_get, sqlite_close, false, true },
	{ "lmdb", "lmdb", lmdb_open, lmdb_put, lmdb_commit, lmdb_get, lmdb_close, false, false },
	{ "lmdb-signed", "lmdb", lmdb_open, lmdb_put, lmdb_commit, lmdb_get, lmdb_close, false, true },
};

/* ---- measuring ---- */
static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void content_make(size_t size, uint32_t number, struct given *out_given)
{
	uint64_t mixed = number * 0x9e3779b97f4a7c15u + size;

	for (size_t at = 0; at < size; at++) {
		mixed = mixed * 6364136223846793005u + 1442695040888963407u;
		out_given->content[at] = (uint8_t)(mixed >> 56);
	}
}

static void given_make(size_t size, uint32_t number, struct given *out_given)
{
	uint8_t key[HASH_SIZE];

	content_make(size, number, out_given);
	hash_bytes(out_given->content, size, key);
	birth_make(key, size, out_given);
}

/* Bytes this process gave to write(2) and its like. */
static double bytes_written(void)
{
	unsigned long long count = 0;
	FILE *io = fopen("/proc/self/io", "r");

	must(io != NULL && fscanf(io, "rchar: %*u wchar: %llu", &count) == 1 && fclose(io) == 0, "/proc/self/io");
	return (double)count;
}

static double processor_time(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* Seconds, by the clock and of the processor. */
struct taken {
	double clock, processor;
};

/* What the store does not do itself is done for it. */
static void put_one(const struct candidate *one, const struct given *given, size_t size)
{
	uint8_t key[HASH_SIZE], digest[HASH_SIZE];

	if (!one->hashes)
		hash_bytes(given->content, size, key);
	if (!one->hashes && verifying) {
		object_record_digest(given->birth, given->birth_size, digest);
		must(signature_verify_digest(public_key, SIGN_DOMAIN_OBJECT, digest,
		                             given->birth + given->birth_size - SIGNATURE_SIZE),
		     "another signature");
	}
	one->put(key, given, size);
}

static struct taken puts_take(const struct candidate *one, size_t size, uint32_t first, uint32_t count, uint32_t batch)
{
	const uint32_t most = batch < TOGETHER ? batch : TOGETHER;
	struct taken taken = { 0, 0 };

	for (uint32_t done = 0, now_done; done < count; done += now_done) {
		now_done = count - done < most ? count - done : most;
		for (uint32_t i = 0; i < now_done; i++) {
			together[i].content = contents + i * size;
			given_make(size, first + done + i, &together[i]);
		}
		const double begin = now(), processor = processor_time();
		for (uint32_t i = 0; i < now_done; i++)
			put_one(one, &together[i], size);
		if ((done + now_done) % batch == 0 || done + now_done == count)
			one->commit();
		taken.processor += processor_time() - processor;
		taken.clock += now() - begin;
	}
	return taken;
}

static void get_one(const struct candidate *one, const uint8_t *key, size_t size)
{
	uint8_t digest[HASH_SIZE];

	must(one->get(key, got) == size, "another size");
	if (one->hashes)
		return;
	hash_bytes(got, size, digest);
	must(memcmp(digest, key, HASH_SIZE) == 0, "another content");
}

static uint8_t keys[MEASURED_MAX][HASH_SIZE];

/* `count` of `all`, from everywhere. */
static void keys_make(size_t size, uint32_t count, uint32_t all)
{
	together->content = contents;
	for (uint32_t i = 0; i < count; i++) {
		content_make(size, (uint32_t)(i * 7919ull * (all / count) % all), together);
		hash_bytes(together->content, size, keys[i]);
	}
}

static struct taken gets_take(const struct candidate *one, size_t size, uint32_t count)
{
	const double begin = now(), processor = processor_time();

	for (uint32_t i = 0; i < count; i++)
		get_one(one, keys[i], size);
	return (struct taken){ now() - begin, processor_time() - processor };
}

/* The least of several rounds: what else the machine does only adds. */
static struct taken warm_take(const struct candidate *one, size_t size, uint32_t count)
{
	struct taken least = gets_take(one, size, count);

	for (uint32_t round = 1; round < WARM_ROUNDS; round++) {
		const struct taken taken = gets_take(one, size, count);
		least.clock = taken.clock < least.clock ? taken.clock : least.clock;
		least.processor = taken.processor < least.processor ? taken.processor : least.processor;
	}
	return least;
}

/* The file's pages out of memory, as far as the host lets go of them. */
static void forget_cached(const char *name)
{
	const int file = open(path_of(name), O_RDONLY);

	if (file < 0)
		return;
	(void)!posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
	close(file);
}

static uint64_t bytes_taken(const char *name)
{
	struct stat info;

	return stat(path_of(name), &info) == 0 ? (uint64_t)info.st_blocks * 512u : 0;
}

static void clear(void)
{
	static const char *const FILES[] = { "volume", "sqlite", "sqlite-wal", "sqlite-shm", "lmdb", "lmdb-lock" };

	for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++)
		(void)unlink(path_of(FILES[i]));
}

/* What only a volume says. */
static void tell_volume(double mount, double cold, double checkpoint, uint32_t objects)
{
	struct volume_statistics statistics;

	volume_statistics(volume, &statistics);
	printf("         (mount %.3f s, cold %.3f s, checkpoint %.3f s, index %.0f bytes an object)\n", mount, cold,
	       checkpoint, (double)statistics.index_bytes / objects);
}

/* A new file with so many objects in it, and room for more. */
static void fill(const struct candidate *one, size_t size, uint32_t count, uint32_t more)
{
	clear();
	if (one->close == volume_end)
		disk_make((uint64_t)(count + more) * (size + size / 8 + 2 * BLOCK_SIZE) + (32u << 20));
	filling = true;
	verifying = signing = false;
	one->open();
	(void)puts_take(one, size, 0, count, FILL_BATCH);
	one->close();
	sync();
	filling = false;
}

static void measure(const struct candidate *one, size_t size, uint32_t objects)
{
	const bool ours = one->close == volume_end;
	const uint32_t filled = objects < FILL_FROM ? 0 : objects, count = objects < MEASURED_MAX ? objects : MEASURED_MAX;
	const uint32_t singles = count < EACH_MAX ? count : EACH_MAX, all = filled + singles + count;

	fill(one, size, filled, singles + count);
	one->open();
	verifying = signing = one->verifies;
	const double start = bytes_written();
	const struct taken each = puts_take(one, size, filled, singles, 1);
	const double between = bytes_written();
	const struct taken batched = puts_take(one, size, filled + singles, count, 64);
	const double end = bytes_written();
	double begin = now();
	one->close();
	const double checkpoint = now() - begin;
	const uint64_t taken = ours ? blocks_used * BLOCK_SIZE : bytes_taken(one->file);
	begin = now();
	one->open();
	const double mount = now() - begin;
	one->close();
	forget_cached(one->file);
	begin = now();
	one->open();
	const double cold_mount = now() - begin;
	keys_make(size, count, all);
	const struct taken cold = gets_take(one, size, count), warm = warm_take(one, size, count);
	printf("%-13s %8zu %8u %9.0f %9.2f %9.0f %9.2f %9.0f %9.0f %9.2f %9.0f %8.1f %8.1f\n", one->name, size, all,
	       singles / each.clock, each.processor / singles * 1e6, count / batched.clock, batched.processor / count * 1e6, count / cold.clock,
	       count / warm.clock, warm.processor / count * 1e6, (double)taken / all - (double)size,
	       (between - start) / ((double)size * singles), (end - between) / ((double)size * count));
	if (ours)
		tell_volume(mount, cold_mount, checkpoint, all);
	one->close();
	fflush(stdout);
}

/* The author's part and the verifier's, each by itself. */
static void tell_signing(void)
{
	const uint8_t key[HASH_SIZE] = { 1 }, *const signature = together->birth + OBJECT_RECORD_FIXED;
	uint8_t digest[HASH_SIZE];
	double taken[3];

	filling = true;
	objects_open();
	for (uint32_t part = 0; part < 3; part++) {
		verifying = signing = part > 0;
		const double begin = processor_time();
		for (uint32_t i = 0; i < 2000; i++) {
			if (part < 2)
				birth_make(key, 100, together);
			else
				must(signature_verify_digest(public_key, SIGN_DOMAIN_OBJECT, digest, signature), "signature");
		}
		taken[part] = (processor_time() - begin) / 2000 * 1e6;
		object_record_digest(together->birth, together->birth_size, digest);
	}
	printf("an author signs one record in %.1f us, not in these rates; verifying that alone takes %.1f\n",
	       taken[1] - taken[0], taken[2]);
	volume_end();
	filling = false;
}

int main(int argc, char **argv)
{
	static const size_t SIZES[] = { 100, 1024, 16384, 1u << 20 };
	const uint32_t objects = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 0) : 1000;
	const size_t sizes = objects < FILL_FROM ? sizeof SIZES / sizeof *SIZES : 1;

	must(argc > 1 && objects > 0, "store-bench FOLDER [OBJECTS [ROW [BYTES]]]");
	folder = argv[1];
	arena = aligned_alloc(16, ARENA_SIZE);
	must(arena != NULL, "no memory");
	clear();
	tell_signing();
	printf("%-13s %8s %8s %9s %9s %9s %9s %9s %9s %9s %9s %8s %8s\n", "what", "bytes", "objects", "put/s", "put us",
	       "by 64/s", "by 64 us", "cold/s", "warm/s", "warm us", "over each", "written", "by 64");
	for (size_t i = 0; i < sizes; i++) {
		for (size_t one = 0; one < sizeof CANDIDATES / sizeof *CANDIDATES; one++) {
			if ((argc < 4 || strcmp(argv[3], CANDIDATES[one].name) == 0) &&
			    (argc < 5 || strtoul(argv[4], NULL, 0) == SIZES[i]))
				measure(&CANDIDATES[one], SIZES[i], SIZES[i] < CONTENT_MAX ? objects : 1 + objects / 20);
		}
	}
	clear();
	return 0;
}
