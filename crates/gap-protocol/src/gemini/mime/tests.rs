use super::*;

// wire 101: never trust the label.
#[test]
fn bytes_are_believed_more_than_labels() {
    let cases: &[(&[u8], &str, &str)] = &[
        (b"\x89PNG\r\n\x1A\n....", "image/jpeg", "image/png"),
        (b"\xFF\xD8\xFF\xE0....", "image/png", "image/jpeg"),
        (b"\xFF\xD8\xFF\xE0....", "", "image/jpeg"),
        (b"RIFF....WEBPVP8 ", "image/png", "image/webp"),
        (b"RIFF....WAVEfmt ", "audio/mpeg", "audio/wav"),
        (b"%PDF-1.7\n", "application/octet-stream", "application/pdf"),
        (b"ID3\x03....", "audio/wav", "audio/mp3"),
        (b"\xFF\xFB\x90\x44", "", "audio/mp3"),
        (b"\xFF\xF1\x50\x80", "", "audio/aac"),
        (b"\0\0\0\x18ftypheic....", "image/jpeg", "image/heic"),
        (b"\0\0\0\x18ftypisom....", "", "video/mp4"),
        (b"\0\0\0\x18ftypisom....", "audio/mp4", "audio/mp4"),
        (b"fLaC....", "audio/x-flac", "audio/flac"),
    ];
    for (bytes, label, expected) in cases {
        assert_eq!(judge(bytes, label).as_deref(), Ok(*expected), "{label} {bytes:?}");
    }
}

#[test]
fn unknown_bytes_leave_the_label_normalised() {
    let cases = [
        ("image/jpg", "image/jpeg"),
        ("IMAGE/PNG; charset=binary", "image/png"),
        ("audio/x-wav", "audio/wav"),
        ("application/json", "text/plain"),
        ("text/csv;charset=utf-8", "text/csv"),
        ("video/x-new-format", "video/x-new-format"),
    ];
    for (label, expected) in cases {
        assert_eq!(judge(b"\0\x01\x02\x03", label).as_deref(), Ok(expected), "{label}");
    }
}

#[test]
fn text_without_a_label_is_text_and_noise_without_a_label_is_refused() {
    assert_eq!(judge(b"a,b\n1,2\n", "").as_deref(), Ok("text/plain"));
    let cut = "ä".repeat(ENOUGH);
    assert_eq!(judge(cut.as_bytes().get(..ENOUGH - 1).unwrap(), "").as_deref(), Ok("text/plain"));
    assert!(judge(b"\0\x01\x02\x03", "").unwrap_err().contains("not known"));
    assert!(judge(b"", "application/octet-stream").is_err());
}

#[test]
fn what_no_model_reads_is_refused_with_a_hint() {
    assert!(judge(b"GIF89a", "image/png").unwrap_err().contains("PNG"));
    assert!(judge(b"<?xml version=\"1.0\"?>\n<svg>", "").unwrap_err().contains("render"));
    assert!(judge(b"\0\0\0\x18ftypavif", "image/avif").is_err());
    assert!(judge(b"\0\x01", "nonsense").is_err());
    assert!(judge(b"\0\x01", "/").is_err());
}
