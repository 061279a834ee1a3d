;; SHA-256 (FIPS 180-4) of the input, written as 64 hexadecimal digits and a newline.
(module
  (import "nonos" "input_len" (func $input_len (result i32)))
  (import "nonos" "input_read" (func $input_read (param i32 i32 i32) (result i32)))
  (import "nonos" "output_write" (func $output_write (param i32 i32) (result i32)))
  (memory (export "memory") 1)

  ;; 0..255 round constants, 256..287 state, 512..767 schedule, 1024..1151 block, 2048.. text
  (data (i32.const 0)
    "\98\2f\8a\42\91\44\37\71\cf\fb\c0\b5\a5\db\b5\e9\5b\c2\56\39\f1\11\f1\59\a4\82\3f\92\d5\5e\1c\ab"
    "\98\aa\07\d8\01\5b\83\12\be\85\31\24\c3\7d\0c\55\74\5d\be\72\fe\b1\de\80\a7\06\dc\9b\74\f1\9b\c1"
    "\c1\69\9b\e4\86\47\be\ef\c6\9d\c1\0f\cc\a1\0c\24\6f\2c\e9\2d\aa\84\74\4a\dc\a9\b0\5c\da\88\f9\76"
    "\52\51\3e\98\6d\c6\31\a8\c8\27\03\b0\c7\7f\59\bf\f3\0b\e0\c6\47\91\a7\d5\51\63\ca\06\67\29\29\14"
    "\85\0a\b7\27\38\21\1b\2e\fc\6d\2c\4d\13\0d\38\53\54\73\0a\65\bb\0a\6a\76\2e\c9\c2\81\85\2c\72\92"
    "\a1\e8\bf\a2\4b\66\1a\a8\70\8b\4b\c2\a3\51\6c\c7\19\e8\92\d1\24\06\99\d6\85\35\0e\f4\70\a0\6a\10"
    "\16\c1\a4\19\08\6c\37\1e\4c\77\48\27\b5\bc\b0\34\b3\0c\1c\39\4a\aa\d8\4e\4f\ca\9c\5b\f3\6f\2e\68"
    "\ee\82\8f\74\6f\63\a5\78\14\78\c8\84\08\02\c7\8c\fa\ff\be\90\eb\6c\50\a4\f7\a3\f9\be\f2\78\71\c6")
  (data (i32.const 256)
    "\67\e6\09\6a\85\ae\67\bb\72\f3\6e\3c\3a\f5\4f\a5\7f\52\0e\51\8c\68\05\9b\ab\d9\83\1f\19\cd\e0\5b")
  (data (i32.const 320) "0123456789abcdef")

  (func $swap (param $x i32) (result i32)
    (i32.or
      (i32.and (i32.rotl (local.get $x) (i32.const 8)) (i32.const 0x00ff00ff))
      (i32.and (i32.rotr (local.get $x) (i32.const 8)) (i32.const 0xff00ff00))))

  (func $sigma (param $x i32) (param $a i32) (param $b i32) (param $c i32) (result i32)
    (i32.xor
      (i32.xor (i32.rotr (local.get $x) (local.get $a)) (i32.rotr (local.get $x) (local.get $b)))
      (i32.rotr (local.get $x) (local.get $c))))

  (func $small_sigma (param $x i32) (param $a i32) (param $b i32) (param $c i32) (result i32)
    (i32.xor
      (i32.xor (i32.rotr (local.get $x) (local.get $a)) (i32.rotr (local.get $x) (local.get $b)))
      (i32.shr_u (local.get $x) (local.get $c))))

  (func $add_to_state (param $word i32) (param $x i32)
    (i32.store offset=256 (local.get $word)
      (i32.add (i32.load offset=256 (local.get $word)) (local.get $x))))

  ;; Compresses the 64 bytes at $block.
  (func $compress (param $block i32)
    (local $t i32) (local $x i32) (local $y i32)
    (local $a i32) (local $b i32) (local $c i32) (local $d i32)
    (local $e i32) (local $f i32) (local $g i32) (local $h i32)
    (loop $copy
      (i32.store offset=512 (local.get $t)
        (call $swap (i32.load (i32.add (local.get $block) (local.get $t)))))
      (local.set $t (i32.add (local.get $t) (i32.const 4)))
      (br_if $copy (i32.lt_u (local.get $t) (i32.const 64))))
    (loop $extend
      ;; offset=452 is W[t-15], 504 is W[t-2], 484 is W[t-7], 448 is W[t-16]
      (local.set $x (i32.load offset=452 (local.get $t)))
      (local.set $y (i32.load offset=504 (local.get $t)))
      (i32.store offset=512 (local.get $t)
        (i32.add
          (i32.add
            (call $small_sigma (local.get $y) (i32.const 17) (i32.const 19) (i32.const 10))
            (i32.load offset=484 (local.get $t)))
          (i32.add
            (call $small_sigma (local.get $x) (i32.const 7) (i32.const 18) (i32.const 3))
            (i32.load offset=448 (local.get $t)))))
      (local.set $t (i32.add (local.get $t) (i32.const 4)))
      (br_if $extend (i32.lt_u (local.get $t) (i32.const 256))))
    (local.set $a (i32.load (i32.const 256)))
    (local.set $b (i32.load (i32.const 260)))
    (local.set $c (i32.load (i32.const 264)))
    (local.set $d (i32.load (i32.const 268)))
    (local.set $e (i32.load (i32.const 272)))
    (local.set $f (i32.load (i32.const 276)))
    (local.set $g (i32.load (i32.const 280)))
    (local.set $h (i32.load (i32.const 284)))
    (local.set $t (i32.const 0))
    (loop $rounds
      (local.set $x
        (i32.add
          (i32.add
            (i32.add (local.get $h)
              (call $sigma (local.get $e) (i32.const 6) (i32.const 11) (i32.const 25)))
            (i32.xor
              (i32.and (local.get $e) (local.get $f))
              (i32.and (i32.xor (local.get $e) (i32.const -1)) (local.get $g))))
          (i32.add (i32.load (local.get $t)) (i32.load offset=512 (local.get $t)))))
      (local.set $y
        (i32.add
          (call $sigma (local.get $a) (i32.const 2) (i32.const 13) (i32.const 22))
          (i32.xor
            (i32.xor
              (i32.and (local.get $a) (local.get $b))
              (i32.and (local.get $a) (local.get $c)))
            (i32.and (local.get $b) (local.get $c)))))
      (local.set $h (local.get $g))
      (local.set $g (local.get $f))
      (local.set $f (local.get $e))
      (local.set $e (i32.add (local.get $d) (local.get $x)))
      (local.set $d (local.get $c))
      (local.set $c (local.get $b))
      (local.set $b (local.get $a))
      (local.set $a (i32.add (local.get $x) (local.get $y)))
      (local.set $t (i32.add (local.get $t) (i32.const 4)))
      (br_if $rounds (i32.lt_u (local.get $t) (i32.const 256))))
    (call $add_to_state (i32.const 0) (local.get $a))
    (call $add_to_state (i32.const 4) (local.get $b))
    (call $add_to_state (i32.const 8) (local.get $c))
    (call $add_to_state (i32.const 12) (local.get $d))
    (call $add_to_state (i32.const 16) (local.get $e))
    (call $add_to_state (i32.const 20) (local.get $f))
    (call $add_to_state (i32.const 24) (local.get $g))
    (call $add_to_state (i32.const 28) (local.get $h)))

  (func (export "run") (result i32)
    (local $total i32) (local $offset i32) (local $count i32) (local $end i32) (local $i i32)
    (local $byte i32)
    (local.set $total (call $input_len))
    (block $tail
      (loop $blocks
        (local.set $count (call $input_read (i32.const 1024) (local.get $offset) (i32.const 64)))
        (br_if $tail (i32.ne (local.get $count) (i32.const 64)))
        (call $compress (i32.const 1024))
        (local.set $offset (i32.add (local.get $offset) (i32.const 64)))
        (br $blocks)))
    ;; Padding: 0x80, zeros, and the length in bits as the last 64 bits, in one block or two.
    (memory.fill (i32.add (i32.const 1024) (local.get $count)) (i32.const 0) (i32.const 128))
    (i32.store8 offset=1024 (local.get $count) (i32.const 0x80))
    (local.set $end
      (select (i32.const 64) (i32.const 128) (i32.lt_u (local.get $count) (i32.const 56))))
    (i32.store offset=1016 (local.get $end)
      (call $swap (i32.shr_u (local.get $total) (i32.const 29))))
    (i32.store offset=1020 (local.get $end)
      (call $swap (i32.shl (local.get $total) (i32.const 3))))
    (call $compress (i32.const 1024))
    (if (i32.eq (local.get $end) (i32.const 128)) (then (call $compress (i32.const 1088))))
    ;; Digits: words are stored little-endian, the text is big-endian.
    (loop $digits
      (local.set $byte (i32.load8_u offset=256 (i32.xor (local.get $i) (i32.const 3))))
      (i32.store8 offset=2048 (i32.shl (local.get $i) (i32.const 1))
        (i32.load8_u offset=320 (i32.shr_u (local.get $byte) (i32.const 4))))
      (i32.store8 offset=2049 (i32.shl (local.get $i) (i32.const 1))
        (i32.load8_u offset=320 (i32.and (local.get $byte) (i32.const 15))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $digits (i32.lt_u (local.get $i) (i32.const 32))))
    (i32.store8 (i32.const 2112) (i32.const 10))
    (drop (call $output_write (i32.const 2048) (i32.const 65)))
    (i32.const 0)))
