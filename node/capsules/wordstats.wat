;; Word statistics: reads the whole input and reports bytes, lines, words and the CRC-32 as text.
;;
;;   bytes 12
;;   lines 1
;;   words 2
;;   crc32 af083b2d
;;
;; A line is counted per newline, a word per run of bytes other than space, tab, newline and carriage return (as
;; `wc` does). CRC-32 is the one of IEEE 802.3: reflected polynomial 0xedb88320, initial value and final xor ~0.
(module
  (import "nonos" "input_len" (func $input_len (result i32)))
  (import "nonos" "input_read" (func $input_read (param i32 i32 i32) (result i32)))
  (import "nonos" "output_write" (func $output_write (param i32 i32) (result i32)))
  (memory (export "memory") 1)

  ;; 0..63 labels, 64..127 scratch for numbers, 4096..5119 CRC table, 8192.. input buffer of 32 KiB
  (data (i32.const 0) "bytes ")
  (data (i32.const 8) "lines ")
  (data (i32.const 16) "words ")
  (data (i32.const 24) "crc32 ")
  (data (i32.const 32) "\n")
  (data (i32.const 40) "0123456789abcdef")

  (func $fill_table
    (local $i i32) (local $c i32) (local $bit i32)
    (loop $entries
      (local.set $c (local.get $i))
      (local.set $bit (i32.const 8))
      (loop $bits
        (local.set $c
          (i32.xor
            (i32.shr_u (local.get $c) (i32.const 1))
            (i32.and
              (i32.sub (i32.const 0) (i32.and (local.get $c) (i32.const 1)))
              (i32.const 0xedb88320))))
        (local.set $bit (i32.sub (local.get $bit) (i32.const 1)))
        (br_if $bits (local.get $bit)))
      (i32.store offset=4096 (i32.shl (local.get $i) (i32.const 2)) (local.get $c))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $entries (i32.lt_u (local.get $i) (i32.const 256)))))

  (func $is_space (param $b i32) (result i32)
    (i32.or
      (i32.or (i32.eq (local.get $b) (i32.const 32)) (i32.eq (local.get $b) (i32.const 9)))
      (i32.or (i32.eq (local.get $b) (i32.const 10)) (i32.eq (local.get $b) (i32.const 13)))))

  (func $write (param $from i32) (param $length i32)
    (drop (call $output_write (local.get $from) (local.get $length))))

  ;; Writes a label of six bytes, a number in the given base padded to at least `width` digits, and a newline.
  (func $line (param $label i32) (param $value i32) (param $base i32) (param $width i32)
    (local $at i32)
    (call $write (local.get $label) (i32.const 6))
    (local.set $at (i32.const 128))
    (loop $digits
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (i32.store8 (local.get $at)
        (i32.load8_u offset=40 (i32.rem_u (local.get $value) (local.get $base))))
      (local.set $value (i32.div_u (local.get $value) (local.get $base)))
      (local.set $width (i32.sub (local.get $width) (i32.const 1)))
      (br_if $digits (i32.or (local.get $value) (i32.gt_s (local.get $width) (i32.const 0)))))
    (call $write (local.get $at) (i32.sub (i32.const 128) (local.get $at)))
    (call $write (i32.const 32) (i32.const 1)))

  (func (export "run") (result i32)
    (local $total i32) (local $offset i32) (local $count i32) (local $i i32) (local $byte i32)
    (local $lines i32) (local $words i32) (local $in_word i32) (local $crc i32)
    (call $fill_table)
    (local.set $total (call $input_len))
    (local.set $crc (i32.const -1))
    (block $end
      (loop $chunks
        (br_if $end (i32.ge_u (local.get $offset) (local.get $total)))
        (local.set $count (call $input_read (i32.const 8192) (local.get $offset) (i32.const 32768)))
        ;; The host always returns something before the end; anything else is an error of the host.
        (if (i32.eqz (local.get $count)) (then (return (i32.const 1))))
        (local.set $i (i32.const 0))
        (loop $bytes
          (local.set $byte (i32.load8_u offset=8192 (local.get $i)))
          (local.set $crc
            (i32.xor
              (i32.shr_u (local.get $crc) (i32.const 8))
              (i32.load offset=4096
                (i32.shl
                  (i32.and (i32.xor (local.get $crc) (local.get $byte)) (i32.const 255))
                  (i32.const 2)))))
          (local.set $lines
            (i32.add (local.get $lines) (i32.eq (local.get $byte) (i32.const 10))))
          (if (call $is_space (local.get $byte))
            (then (local.set $in_word (i32.const 0)))
            (else
              (local.set $words (i32.add (local.get $words) (i32.eqz (local.get $in_word))))
              (local.set $in_word (i32.const 1))))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $bytes (i32.lt_u (local.get $i) (local.get $count))))
        (local.set $offset (i32.add (local.get $offset) (local.get $count)))
        (br $chunks)))
    (call $line (i32.const 0) (local.get $total) (i32.const 10) (i32.const 1))
    (call $line (i32.const 8) (local.get $lines) (i32.const 10) (i32.const 1))
    (call $line (i32.const 16) (local.get $words) (i32.const 10) (i32.const 1))
    (call $line (i32.const 24) (i32.xor (local.get $crc) (i32.const -1)) (i32.const 16) (i32.const 8))
    (i32.const 0)))
