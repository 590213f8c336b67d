/* Loaded into an engine with LD_PRELOAD, this library watches its disk and bends its clock.
 *
 * Disk: in the file named by SHIM_SYNCS it keeps, for each file the engine has synced, how long
 * that file was when its last completed sync began. All beyond that length a power cut may take.
 * Clock: the file named by SHIM_CLOCK holds milliseconds that are added to the time of day.
 * Both files are mapped, so they outlive a killed engine and can be changed while one runs.
 *
 * Not modelled: torn or reordered sectors, renames and new names that were never synced.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define SLOTS 4096 /* as in shim.py; a test run syncs a few dozen files */

struct slot {
    uint64_t file;   /* 0: free */
    uint64_t synced; /* bytes */
};

static struct slot *slots;
static volatile int64_t *clock_offset_ms;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static void *mapped(const char *variable, size_t bytes) {
    const char *path = getenv(variable);
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0) return NULL;
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return memory == MAP_FAILED ? NULL : memory;
}

__attribute__((constructor)) static void map_files(void) {
    slots = mapped("SHIM_SYNCS", SLOTS * sizeof *slots);
    clock_offset_ms = mapped("SHIM_CLOCK", sizeof *clock_offset_ms);
}

/* ---- disk ---------------------------------------------------------------------------------- */

/* A file is known by device and inode, as the engine renames its files after it has synced them. */
static uint64_t identity(const struct stat *file) {
    return ((uint64_t)file->st_dev << 40) ^ (uint64_t)file->st_ino;
}

/* The slot of a file, claimed if it has none. Threads and a forked child may come at once. */
static struct slot *slot_of(uint64_t file) {
    for (uint64_t i = 0; slots && i < SLOTS; i++) {
        struct slot *slot = &slots[(file + i) % SLOTS];
        uint64_t holder = 0;
        if (__atomic_compare_exchange_n(&slot->file, &holder, file, 0, __ATOMIC_SEQ_CST,
                                        __ATOMIC_SEQ_CST) || holder == file)
            return slot;
    }
    return NULL;
}

static int sync_and_note(int fd, int (*sync)(int)) {
    struct stat before;
    int known = fstat(fd, &before) == 0 && S_ISREG(before.st_mode);
    int result = sync(fd);
    struct slot *slot = result == 0 && known ? slot_of(identity(&before)) : NULL;
    if (slot) __atomic_store_n(&slot->synced, (uint64_t)before.st_size, __ATOMIC_SEQ_CST);
    return result;
}

int fsync(int fd) { return sync_and_note(fd, REAL(fsync)); }
int fdatasync(int fd) { return sync_and_note(fd, REAL(fdatasync)); }

/* What grows again after it was cut short is not on disk. */
static void note_cut(const struct stat *file, off_t length) {
    struct slot *slot = slot_of(identity(file));
    if (slot && slot->synced > (uint64_t)length) slot->synced = (uint64_t)length;
}

int ftruncate64(int fd, off64_t length) {
    struct stat file;
    int result = REAL(ftruncate64)(fd, length);
    if (result == 0 && fstat(fd, &file) == 0) note_cut(&file, length);
    return result;
}
int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

int truncate64(const char *path, off64_t length) {
    struct stat file;
    int result = REAL(truncate64)(path, length);
    if (result == 0 && stat(path, &file) == 0) note_cut(&file, length);
    return result;
}
int truncate(const char *path, off_t length) { return truncate64(path, length); }

/* The next file may get the inode of one that is gone. */
int unlink(const char *path) {
    struct stat file;
    int known = lstat(path, &file) == 0;
    int result = REAL(unlink)(path);
    if (result == 0 && known) note_cut(&file, 0);
    return result;
}

int rename(const char *from, const char *to) {
    struct stat source, target;
    int replaces = stat(from, &source) == 0 && lstat(to, &target) == 0 &&
                   identity(&source) != identity(&target);
    int result = REAL(rename)(from, to);
    if (result == 0 && replaces) note_cut(&target, 0);
    return result;
}

/* ---- clock --------------------------------------------------------------------------------- */

static int64_t offset_ms(void) { return clock_offset_ms ? *clock_offset_ms : 0; }

int clock_gettime(clockid_t clock, struct timespec *now) {
    static __typeof__(&clock_gettime) real;
    if (!real) real = REAL(clock_gettime);
    int result = real(clock, now);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        int64_t ns = now->tv_nsec + offset_ms() % 1000 * 1000000;
        int64_t carry = ns < 0 ? -1 : ns >= 1000000000 ? 1 : 0;
        now->tv_sec += offset_ms() / 1000 + carry;
        now->tv_nsec = ns - carry * 1000000000;
    }
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec exact;
    (void)zone; /* obsolete: nobody asks for it */
    int result = clock_gettime(CLOCK_REALTIME, &exact);
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return result;
}

time_t time(time_t *now) {
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    if (now) *now = exact.tv_sec;
    return exact.tv_sec;
}
