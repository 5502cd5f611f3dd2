// What this machine allows: multiply-adds of f32 in registers, and bytes that are read from memory, by so many threads.
// cc -O3 -march=native -pthread machine.c -o machine; ./machine THREADS prints GFLOP/s and GB/s.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifdef __AVX512F__
#define LANES 16
#else
#define LANES 8
#endif
typedef float Vector __attribute__((vector_size(4 * LANES)));

enum { CHAINS = 12, LOOPS = 3000000 };
static const size_t BYTES = (size_t)256 << 20;
static char *memory;
static int threads;
static volatile float kept;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

// As many chains as the latency of two units needs, all in registers.
static void *multiply(void *unused) {
  Vector sums[CHAINS], x = (Vector){0} + 0.999f, y = (Vector){0} + 0.001f;
#pragma GCC unroll 12
  for (int c = 0; c < CHAINS; c++) sums[c] = x * (float)(c + 1);
  for (int i = 0; i < LOOPS; i++) {
#pragma GCC unroll 12
    for (int c = 0; c < CHAINS; c++) {
      sums[c] = sums[c] * x + y;
      __asm__ volatile("" : "+v"(sums[c]));
    }
  }
#pragma GCC unroll 12
  for (int c = 1; c < CHAINS; c++) sums[0] += sums[c];
  kept = sums[0][0];
  return unused;
}

// One pass over a part of the memory.
static void *read_part(void *part) {
  const size_t length = BYTES / threads / sizeof(Vector);
  const Vector *from = (const Vector *)memory + (size_t)part * length;
  Vector a = {0}, b = {0}, c = {0}, d = {0};
  for (size_t i = 0; i + 4 <= length; i += 4) a += from[i], b += from[i + 1], c += from[i + 2], d += from[i + 3];
  a += b + c + d;
  kept = a[0];
  return part;
}

static double seconds(void *(*work)(void *)) {
  double best = 1e9;
  for (int round = 0; round < 7; round++) {
    pthread_t all[256];
    double began = now();
    for (long t = 0; t < threads; t++) pthread_create(&all[t], 0, work, (void *)t);
    for (int t = 0; t < threads; t++) pthread_join(all[t], 0);
    double took = now() - began;
    if (took < best) best = took;
  }
  return best;
}

int main(int count, char **words) {
  threads = count > 1 ? atoi(words[1]) : 1;
  memory = aligned_alloc(64, BYTES);
  memset(memory, 0, BYTES);
  double flops = 2.0 * LANES * CHAINS * LOOPS * threads;
  printf("%.1f %.1f\n", flops / seconds(multiply) * 1e-9, BYTES / seconds(read_part) * 1e-9);
  return 0;
}
