"""抽屉新热榜, in every form its site has had."""
