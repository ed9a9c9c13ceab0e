namespace Iommu.TestKit.Stress;

/// <summary>A small fast generator (xorshift64*, Vigna 2016) for choices made millions of times a second; seeded.</summary>
internal struct RandomBits
{
    private ulong _state;

    /// <param name="seed">Of the run.</param>
    /// <param name="stream">Of the worker: each has a sequence of its own.</param>
    public RandomBits(int seed, int stream)
    {
        // SplitMix64 spreads neighbouring seeds.
        var mixed = ((ulong)(uint)seed << 32 | (uint)stream) + 0x9E37_79B9_7F4A_7C15;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58_476D_1CE4_E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D0_49BB_1331_11EB;
        _state = mixed ^ (mixed >> 31) | 1;
    }

    public ulong Next()
    {
        _state ^= _state >> 12;
        _state ^= _state << 25;
        _state ^= _state >> 27;
        return _state * 0x2545_F491_4F6C_DD1D;
    }

    /// <summary>Below a limit that is small against 2^32.</summary>
    public int Below(int limit) => (int)((Next() >> 32) * (uint)limit >> 32);
}
