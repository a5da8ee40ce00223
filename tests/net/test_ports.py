def test_true_is_not_kept_as_the_port_one() -> None:
    p.ports.cache_clear()
    assert str(p.ports("TCP", True)) == "TCP 1"
    assert str(p.ports("TCP", 1)) == "TCP 1"
