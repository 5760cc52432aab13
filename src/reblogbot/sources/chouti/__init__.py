"""抽屉新热榜 (dig.chouti.com): its JSON interfaces, its feed and its pages."""
